import { download, operation, upload } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';

export const FILE_FORMATS = ['csv', 'tsv', 'json', 'ndjson', 'parquet'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];
export const ENCODINGS = ['utf-8', 'utf-16', 'latin-1'] as const;
export type Encoding = (typeof ENCODINGS)[number];
export const COLUMN_KINDS = ['number', 'boolean', 'text', 'time'] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number];

export const Time = Type.String({ format: 'date-time', description: 'RFC 3339, in milliseconds' });
export const Id = Type.String({ minLength: 1, maxLength: 64, description: 'As it was answered when it was made' });
export const ColumnName = Type.String({ minLength: 1, maxLength: 1000 });
export const Tags = Type.Record(Type.String({ minLength: 1, maxLength: 250 }), Type.String({ maxLength: 5000 }), {
  description: 'By their keys',
});

export const paging = {
  limit: Type.Integer({ default: 50, minimum: 1, maximum: 1000, description: 'Most items of one answer' }),
  cursor: Type.Optional(Type.String({ maxLength: 1024, description: 'The `next` of an earlier answer' })),
};
export const next = Type.Optional(Type.String({ description: 'The cursor of the next page; absent behind the last one' }));

const Character = Type.Optional(Type.String({ minLength: 1, maxLength: 1, description: 'Of CSV' }));

/** How a file is to be read, where it does not say so itself. */
export const reading = {
  format: Type.Optional(
    Type.Unsafe<FileFormat>({ type: 'string', enum: FILE_FORMATS, description: 'Absent: as the end of its name or its first bytes say' }),
  ),
  encoding: Type.Optional(
    Type.Unsafe<Encoding>({ type: 'string', enum: ENCODINGS, description: 'Absent: as its first bytes say, else UTF-8' }),
  ),
  replaceInvalid: Type.Optional(
    Type.Boolean({ description: 'Whether bytes that are not of the encoding become U+FFFD, instead of being refused' }),
  ),
  delimiter: Character,
  quote: Character,
  header: Type.Optional(Type.Boolean({ description: 'Whether the first line has names; absent: unless it looks like those below it' })),
};

export const ColumnKindField = Type.Unsafe<ColumnKind>({ type: 'string', enum: COLUMN_KINDS });

export const DatasetColumn = Type.Object(
  {
    name: Type.String(),
    nameInFile: Type.Optional(Type.String({ description: 'How it is called in the file, where that is no name that could be kept' })),
    type: Type.String({ description: 'integer, number, boolean, text, category, time, identifier, constant, empty or nested' }),
    kind: Type.Optional({ ...ColumnKindField, description: 'What it is read as; absent: it cannot be read' }),
    missing: Type.Integer({ description: 'Rows without a value' }),
    distinct: Type.Integer({ description: 'Different values; beyond 1,000 nearly' }),
    examples: Type.Array(Type.String(), { description: 'Some values' }),
    suggestion: Type.Optional(Type.String({ description: 'What to do about it' })),
  },
  { title: 'DatasetColumn' },
);
export type DatasetColumn = Static<typeof DatasetColumn>;

export const DatasetSource = Type.Union(
  [
    Type.Object({ kind: Type.Literal('path'), path: Type.String({ description: 'Below the folder of MLAB_TRAINING_DATA_ROOT' }) }),
    Type.Object({ kind: Type.Literal('upload'), fileName: Type.String({ description: 'As whoever sent it calls it' }) }),
  ],
  { description: 'Where it lies: in a folder of the machine, or among the files of the service' },
);

export const Dataset = Type.Object(
  {
    id: Id,
    name: Type.String(),
    format: Type.Optional(
      Type.Unsafe<FileFormat>({ type: 'string', enum: FILE_FORMATS, description: 'As it was said; absent: nobody said' }),
    ),
    source: DatasetSource,
    bytes: Type.Integer({ description: 'Size of the file' }),
    sha256: Type.String({ description: 'Of its bytes when it was described; a job whose file has changed since is refused' }),
    createdAt: Time,
  },
  { title: 'Dataset' },
);
export type Dataset = Static<typeof Dataset>;

export const DatasetSchema = Type.Object(
  {
    id: Id,
    rows: Type.Integer(),
    compression: Type.String({ description: 'none, gzip or zstd' }),
    columns: Type.Array(DatasetColumn),
    notes: Type.Array(Type.String(), { description: 'What was decided or changed while reading' }),
    task: Type.Optional(
      Type.Object(
        { kind: Type.String({ description: 'binary, multiclass or regression' }), reason: Type.String() },
        {
          description: 'What would be inferred for the target that was asked about',
        },
      ),
    ),
  },
  { title: 'DatasetSchema' },
);
export type DatasetSchema = Static<typeof DatasetSchema>;

const byId = Type.Object({ id: Id });

export const datasetOperations = {
  describeDataset: operation('POST /datasets', {
    summary: 'Describe a file that is there',
    description: 'Below the folder that MLAB_TRAINING_DATA_ROOT names. It is not copied.',
    scope: 'training:data',
    timeoutMs: 120_000,
    input: Type.Object({
      path: Type.String({ minLength: 1, maxLength: 1000, description: 'Below the root, with slashes: churn/2026.csv' }),
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 250, description: 'Absent: the name of the file' })),
      ...reading,
    }),
    output: Dataset,
  }),
  uploadDataset: upload('POST /datasets/upload', {
    summary: 'Keep a file that is sent, and describe it',
    description: 'The body is the file. It is there whole or not at all. How large it may be says MLAB_TRAINING_UPLOAD_MAX_BYTES.',
    scope: 'training:data',
    input: Type.Object({
      fileName: Type.String({ minLength: 1, maxLength: 250, description: 'As it is called where it comes from: churn.csv' }),
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 250, description: 'Absent: the name of the file' })),
      ...reading,
      sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Refused when what arrives has another checksum' })),
    }),
    output: Dataset,
  }),
  listDatasets: operation('GET /datasets', {
    summary: 'List the datasets, newest first',
    scope: 'training:read',
    input: Type.Object({
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 250, description: 'Only those called so' })),
      ...paging,
    }),
    output: Type.Object({ items: Type.Array(Dataset), next }, { title: 'Datasets' }),
  }),
  getDataset: operation('GET /datasets/:id', { summary: 'Get a dataset', scope: 'training:read', input: byId, output: Dataset }),
  getDatasetSchema: operation('GET /datasets/:id/schema', {
    summary: 'The columns of a dataset, with their inferred types',
    scope: 'training:read',
    timeoutMs: 120_000,
    input: Type.Object({
      id: Id,
      target: Type.Optional(Type.String({ minLength: 1, maxLength: 1000, description: 'A column: says which task would be inferred' })),
    }),
    output: DatasetSchema,
  }),
  getDatasetContent: download('GET /datasets/:id/content', {
    summary: 'The bytes of a dataset, as they were described',
    scope: 'training:read',
    timeoutMs: 3_600_000,
    contentTypes: ['application/octet-stream'],
    input: byId,
  }),
  deleteDataset: operation('DELETE /datasets/:id', {
    summary: 'Delete a dataset, with its file where that was uploaded',
    description: 'Refused while a job or a study that waits or runs needs it.',
    scope: 'training:data',
    input: byId,
    output: Type.Object({}),
  }),
};
