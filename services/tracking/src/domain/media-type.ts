const TEXTS = new Set(
  'txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb MLmodel MLproject'.split(
    ' ',
  ),
);

/** As Python's `mimetypes` has them. */
const TYPES: Readonly<Record<string, string>> = {
  avi: 'video/x-msvideo',
  bmp: 'image/bmp',
  bz2: 'application/x-bzip2',
  css: 'text/css',
  gif: 'image/gif',
  gz: 'application/gzip',
  h5: 'application/x-hdf5',
  htm: 'text/html',
  html: 'text/html',
  ico: 'image/vnd.microsoft.icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  wasm: 'application/wasm',
  wav: 'audio/x-wav',
  webm: 'video/webm',
  webp: 'image/webp',
  zip: 'application/zip',
};

/** What a file is, by its name, as MLflow's server guesses it (`mlflow/utils/mime_type_utils.py`); what a client says is not asked. */
export function mediaTypeOf(name: string): string {
  const dot = name.lastIndexOf('.');
  const extension = dot <= 0 ? name : name.slice(dot + 1);
  if (TEXTS.has(extension)) return 'text/plain';
  const lower = extension.toLowerCase();
  return (dot > 0 && Object.hasOwn(TYPES, lower) ? TYPES[lower] : undefined) ?? 'application/octet-stream';
}
