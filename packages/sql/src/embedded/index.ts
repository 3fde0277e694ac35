export { describeEmbedded, type EmbeddedDescription, type HostPlatform } from './binaries.ts';
export { claimFolder } from './claimed-folder.ts';
export { endLeftover } from './end-leftover.ts';
export { launchCluster, type LaunchOptions, type RunningCluster } from './launch-cluster.ts';
export { prepareCluster, type Cluster, type PrepareOptions } from './prepare-cluster.ts';
export { startEmbedded, type EmbeddedOptions, type EmbeddedServer } from './start-embedded.ts';
