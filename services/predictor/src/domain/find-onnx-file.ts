export interface ListedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256?: string | undefined;
}

/**
 * Which of a model's files is its ONNX file: the one that MLflow's flavour `onnx` names, which may be in the folder that it names, else the
 * only one there is. Answers why there is none otherwise.
 */
export function findOnnxFile(files: readonly ListedFile[], mlmodel: string | undefined): ListedFile | string {
  const onnx = files.filter(({ path }) => path.toLowerCase().endsWith('.onnx'));
  const data = mlmodel === undefined ? undefined : dataOfOnnx(mlmodel);
  if (data !== undefined) {
    const named = files.find(({ path }) => path === data);
    if (named !== undefined) return named;
    const inside = onnx.filter(({ path }) => path.startsWith(`${data}/`));
    const found = inside.length === 1 ? inside[0] : inside.find(({ path }) => path === `${data}/model.onnx`);
    return found ?? `Its MLmodel says that the ONNX file is ${data}, which is not among its files.`;
  }
  if (onnx.length === 1) return onnx[0] as ListedFile;
  if (onnx.length > 1) return `It has ${onnx.length} ONNX files, and no MLmodel that says which is meant.`;
  return mlmodel === undefined ? 'It has no ONNX file.' : 'It has no ONNX file: log it with the flavour onnx to have it served.';
}

/** `flavors: onnx: data:` of an MLmodel file, which is YAML as MLflow writes it: blocks, plain and quoted words. */
function dataOfOnnx(mlmodel: string): string | undefined {
  let [inFlavors, inOnnx] = [false, false];
  for (const line of mlmodel.split('\n')) {
    const [, indent = '', key = '', value = ''] = /^( *)([\w.-]+):(?: +(.*))?$/.exec(line.trimEnd()) ?? [];
    if (key === '') continue;
    if (indent.length === 0) inFlavors = key === 'flavors';
    else if (indent.length === 2) inOnnx = inFlavors && key === 'onnx';
    else if (indent.length === 4 && inOnnx && key === 'data') return value.replace(/^(['"])(.*)\1$/, '$2').replace(/\/+$/, '');
  }
  return undefined;
}
