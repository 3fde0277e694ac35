import type { ModelOrder } from '#/domain/recording.ts';

/** The release whose form of `MLmodel` this is. */
const MLFLOW_VERSION = '3.17.2';
const ONNX_VERSION = '1.17.0';
const PYTHON_VERSION = '3.11.0';
const MODEL_FILE = 'model.onnx';

const REQUIREMENTS = [`mlflow>=3.0`, 'onnx', 'onnxruntime', 'numpy', 'pandas'];

/**
 * What makes a folder with `model.onnx` a model for MLflow: its flavours `onnx` and `python_function`, and what Python needs to load it.
 * https://mlflow.org/docs/latest/ml/model/#storage-format
 */
export function mlmodelFiles({ modelId, runId, signature, files, createdMs }: ModelOrder): Readonly<Record<string, string>> {
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const example = files.some(({ path }) => path === 'input_example.json');
  const mlmodel = [
    `artifact_path: models:/${modelId}`,
    'flavors:',
    '  onnx:',
    '    code: null',
    `    data: ${MODEL_FILE}`,
    `    onnx_version: ${ONNX_VERSION}`,
    '    providers:',
    '    - CPUExecutionProvider',
    '  python_function:',
    `    data: ${MODEL_FILE}`,
    '    env:',
    '      conda: conda.yaml',
    '      virtualenv: python_env.yaml',
    '    loader_module: mlflow.onnx',
    `    python_version: ${PYTHON_VERSION}`,
    `mlflow_version: ${MLFLOW_VERSION}`,
    `model_id: ${modelId}`,
    `model_size_bytes: ${size}`,
    `model_uuid: ${modelId}`,
    ...(example ? ['saved_input_example_info:', '  artifact_path: input_example.json', '  format: tf-serving', '  type: ndarray'] : []),
    `run_id: ${runId}`,
    'signature:',
    `  inputs: ${quoted(JSON.stringify(signature.inputs))}`,
    `  outputs: ${quoted(JSON.stringify(signature.outputs))}`,
    '  params: null',
    `utc_time_created: '${new Date(createdMs).toISOString().replace('T', ' ').replace('Z', '000')}'`,
  ];
  const environment = ['name: mlflow-env', 'channels:', '- conda-forge', 'dependencies:', `- python=${PYTHON_VERSION}`, '- pip', '- pip:'];
  return {
    MLmodel: `${mlmodel.join('\n')}\n`,
    'conda.yaml': `${[...environment, ...REQUIREMENTS.map((line) => `  - ${line}`)].join('\n')}\n`,
    'python_env.yaml': `python: ${PYTHON_VERSION}\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n`,
    'requirements.txt': `${REQUIREMENTS.join('\n')}\n`,
  };
}

/** A string of YAML on one line, whatever it holds. https://yaml.org/spec/1.2.2/#732-single-quoted-style */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
