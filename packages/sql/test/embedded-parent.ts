import { startEmbedded } from '@mlab/sql/embedded';
import { findBinaries } from '#/embedded/binaries.ts';

/** A program that starts a server, tells where, and then waits to be killed. */
const [folder = '', binaries] = process.argv.slice(2);
const found = findBinaries();
const server = await startEmbedded({ folder, binaries: binaries === undefined ? found : { ...found, folder: binaries } });
process.stdout.write(`${JSON.stringify({ url: server.url, pid: server.pid, binaries: server.cluster.binaries })}\n`);
