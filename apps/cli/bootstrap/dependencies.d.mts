export function missingPackages(root: string, dev: boolean): string[];
