import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPublicAddress } from '@mlab/outbound';

const PUBLIC = `1.1.1.1 8.8.8.8 172.15.255.255 172.32.0.1 100.63.0.1 192.0.1.1 223.255.255.255
  2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::808:808`;
const HIDDEN = `0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.1.1 169.254.169.254 172.16.0.1 172.31.255.255 192.168.1.1 192.0.0.1
  198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255
  :: ::1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:a9fe:a9fe ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:: 64:ff9b:1::1 2002:7f00:1::
  fe80::1 fe80::1%lo fc00::1 fd12::1 ff02::1 2001:db8::1 2001::1 3fff::1 100::1 4000::1 localhost 127.1 0x7f.0.0.1`;

test('addresses that anybody could reach are public, all others are not', () => {
  assert.deepEqual(
    PUBLIC.split(/\s+/).filter((address) => !isPublicAddress(address)),
    [],
  );
  assert.deepEqual(HIDDEN.split(/\s+/).filter(isPublicAddress), []);
  assert.equal(isPublicAddress(''), false);
});
