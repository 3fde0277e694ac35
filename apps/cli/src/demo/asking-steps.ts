import { CliError } from '../cli-error.ts';
import { HttpError } from '../import/http/ask.ts';
import { explanationOf, type Model } from '../predict/model.ts';
import { reasonsOf } from '../predict/output/table-writer.ts';
import { predictedText } from '../predict/output/prediction-writer.ts';
import { shellQuote } from '../shell-quote.ts';
import { visibleText } from '../visible-text.ts';
import type { Demo, DemoStep, Told } from './demo-step.ts';
import { tensorValue } from './infer-request.ts';

const JSON_BODY = 'content-type: application/json';

/** The same request that the printed line makes, so that what is shown is what comes. */
export const curlStep: DemoStep = {
  name: 'curl',
  heading: ({ dataset }) => `It is asked: which ${dataset.target}?`,
  async run({ lab, name, dataset }): Promise<Told> {
    const url = `${lab.door.url}/models/${encodeURIComponent(name)}/predict`;
    const body = JSON.stringify({ rows: [dataset.row] });
    const answer = await lab.door.predict(name, {}, [dataset.row]).catch((error: unknown) => {
      throw error instanceof HttpError ? new CliError(`${url} refuses the row of the demo: ${error.message}`, { cause: error }) : error;
    });
    const command = `curl -s ${shellQuote(url)} -H ${shellQuote(JSON_BODY)} -d ${shellQuote(body)}`;
    return { lines: [command, '', visibleText(JSON.stringify(answer))], data: { command, answer } };
  },
};

/** What each input moved the prediction by. */
export const explainStep: DemoStep = {
  name: 'explanation',
  heading: () => 'And why?',
  async run({ lab, name, dataset }): Promise<Told> {
    const set = Object.entries(dataset.row).flatMap(([input, value]) => ['--set', `${input}=${value}`]);
    const command = `./mlab predict ${[name, ...set, '--explain'].map((word) => shellQuote(word)).join(' ')}`;
    const explained = await lab.door.explain(name, {}, [dataset.row]).catch((error: unknown) => {
      if (error instanceof HttpError) return error;
      throw error;
    });
    const explanation = explained instanceof HttpError ? undefined : explanationOf(explained, 0);
    if (explained instanceof HttpError || explanation === undefined)
      throw new CliError(`${name} cannot be explained: ${explained instanceof HttpError ? explained.message : 'nothing came'}`);
    const { base, score, contributions } = explanation;
    const of = explanation.class === undefined ? '' : ` for ${visibleText(predictedText(explanation.class))}`;
    return {
      lines: [
        `The score${of} is ${score.toFixed(3)}, where it would be ${base.toFixed(3)} knowing nothing of the row (${explained.method}):`,
        `  ${visibleText(reasonsOf(contributions, Infinity).join(', '))}`,
        '',
        command,
      ],
      data: { command, method: explained.method, ...explanation },
    };
  },
};

/** Code to paste for the client that Triton's users have. */
export const tritonStep: DemoStep = {
  name: 'tritonclient',
  heading: () => "The same by Triton's client for Python: pip install numpy 'tritonclient[http]'",
  async run({ lab, name, dataset }: Demo): Promise<Told> {
    const model = await lab.door.describe(name, {});
    const code = tritonCode(new URL(lab.openInference).host, model, dataset.row);
    return { lines: code.split('\n'), data: { code } };
  },
};

const NUMPY: Readonly<Record<string, string>> = { BYTES: 'object', FP32: '"float32"', FP64: '"float64"', INT64: '"int64"', BOOL: '"bool"' };

function tritonCode(host: string, { model, inputs, outputs }: Model, row: Demo['dataset']['row']): string {
  const tensors = inputs.map((input) => {
    const { name, datatype } = input;
    const value = tensorValue(input, row[name]);
    const literal = value === 'NaN' && datatype !== 'BYTES' ? 'numpy.nan' : JSON.stringify(value);
    return `    (${JSON.stringify(name)}, ${JSON.stringify(datatype)}, numpy.array([[${literal}]], ${NUMPY[datatype] ?? '"float32"'})),`;
  });
  return [
    'import numpy',
    'import tritonclient.http as triton',
    '',
    'row = [',
    ...tensors,
    ']',
    'inputs = [triton.InferInput(name, [1, 1], datatype) for name, datatype, _ in row]',
    'for tensor, (_, _, values) in zip(inputs, row):',
    '    tensor.set_data_from_numpy(values)',
    `answer = triton.InferenceServerClient(${JSON.stringify(host)}).infer(${JSON.stringify(model)}, inputs)`,
    `print(${outputs.map(({ name }) => `answer.as_numpy(${JSON.stringify(name)})`).join(', ')})`,
  ].join('\n');
}
