export function tryLock(file: string): { release: () => void } | { release?: undefined; pid: number | undefined };
