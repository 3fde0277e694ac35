import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer, type BasicType } from 'hyparquet-writer';

/** A Parquet file of columns of numbers, texts and what else there is. */
export const parquetOf = (
  columns: readonly (readonly [name: string, data: readonly unknown[], type?: BasicType])[],
  codec = 'SNAPPY',
): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: columns.map(([name, data, type = data.some((value) => typeof value === 'string') ? 'STRING' : 'DOUBLE']) => ({
        name,
        data: [...data],
        type,
      })),
      codec: codec as 'SNAPPY',
      compressors: {
        GZIP: (bytes) => gzipSync(bytes),
        ZSTD: (bytes) => zstdCompressSync(bytes),
        BROTLI: (bytes) => brotliCompressSync(bytes),
      },
      rowGroupSize: 1000,
    }),
  );
