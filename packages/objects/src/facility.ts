import type { Facilities } from '@mlab/kernel';
import { openFolderStore } from '#/folder/folder-store.ts';
import { openObjects } from '#/open-objects.ts';
import type { ObjectsSettings } from '#/settings.ts';

export interface ObjectsFacility extends AsyncDisposable {
  readonly openObjects: NonNullable<Facilities['openObjects']>;
}

/** Lends services a place for their files. `settings.folder` is a path by now: its default is the caller's to fill in. */
export async function openObjectsFacility(settings: ObjectsSettings): Promise<ObjectsFacility> {
  if (settings.store === 's3') {
    // The SDK costs memory that a process with a folder need not pay.
    const { openBucket } = await import('#/s3/bucket.ts');
    const { openS3Store } = await import('#/s3/s3-store.ts');
    const bucket = await openBucket(settings);
    return {
      openObjects: async (owner) => openObjects(await openS3Store(bucket, owner), owner),
      [Symbol.asyncDispose]: () => bucket[Symbol.asyncDispose](),
    };
  }
  if (settings.folder === '') throw new Error('The folder for objects is not known: set MLAB_OBJECTS_FOLDER.');
  return {
    openObjects: async (owner) => openObjects(await openFolderStore(settings.folder, owner), owner),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
