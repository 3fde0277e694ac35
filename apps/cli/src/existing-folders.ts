import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFolder } from './home.ts';

const SOURCE_FOLDERS = ['packages', 'contracts', 'services', 'apps', 'tests', 'bench', 'compat'];

/** The folders with source files that are there. */
export const existingFolders = (): string[] => SOURCE_FOLDERS.filter((folder) => existsSync(join(repositoryFolder, folder)));
