export function processStart(pid: number): string | undefined;
