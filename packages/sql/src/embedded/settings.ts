import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';

export const USER_SETTINGS = 'postgresql.user.conf';

/** Small and durable: what fsync, synchronous_commit, full_page_writes and data_checksums are by default is not touched. */
const SETTINGS = `# Written by mlab at each start. Your own settings go into ${USER_SETTINGS}, which is read last.

# Loopback alone. No unix socket: its path may have 107 bytes and its folder would need to be open to every user of the database.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200

# Memory of an idle server, all its processes together: about 23 MB, and 1.6 MB for each connection.
shared_buffers = 64MB
huge_pages = off
# In files of its own: a server that is killed leaves nothing in /dev/shm, of which a container has 64 MB and a parallel query may need more.
dynamic_shared_memory_type = mmap
io_method = sync
max_worker_processes = 4
max_parallel_workers = 2
max_parallel_workers_per_gather = 1
autovacuum_worker_slots = 2
autovacuum_max_workers = 2
jit = off

# Recovery after a crash is all that the log is for; a standby needs wal_level = replica and max_wal_senders.
wal_level = minimal
max_wal_senders = 0
max_logical_replication_workers = 0
wal_compression = on
min_wal_size = 32MB
max_wal_size = 256MB

# Disks without a moving head.
random_page_cost = 1.1

# The same everywhere, whatever the machine's own habits are.
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
lc_monetary = 'C'
lc_numeric = 'C'
lc_time = 'C'
default_text_search_config = 'pg_catalog.english'
log_checkpoints = off

include_if_exists = '${USER_SETTINGS}'
`;

const ACCESS = `# Written by mlab at each start: everybody needs a password, nobody comes from another machine.
host all all 127.0.0.1/32 scram-sha-256
`;

const USER = `# Your own settings: one "name = value" per line, read after mlab's own. They count from the next start on.
`;

/** Writes the files that PostgreSQL reads at its start; the user's own one is made once. */
export async function writeSettings(data: string, account: Account | undefined): Promise<void> {
  await writeWhole(join(data, 'postgresql.conf'), SETTINGS, account);
  await writeWhole(join(data, 'pg_hba.conf'), ACCESS, account);
  if (!existsSync(join(data, USER_SETTINGS))) await writeWhole(join(data, USER_SETTINGS), USER, account);
}

/** The file is never half there, and a link in its place is replaced, not followed: root writes into a folder of another user. */
async function writeWhole(path: string, text: string, account: Account | undefined): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return;
  const unfinished = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await open(unfinished, 'wx', 0o600);
  try {
    await file.writeFile(text);
    if (account) await file.chown(account.uid, account.gid);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}
