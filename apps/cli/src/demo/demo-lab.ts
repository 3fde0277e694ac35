import { CliError, messageOf, usageError } from '../cli-error.ts';
import { serviceUrls } from '../dead-letters/ask-service.ts';
import { homeOf } from '../home.ts';
import { askJson, HttpError, type Asked, type Fields, type Question } from '../import/http/ask.ts';
import { openModelDoor, type ModelDoor } from '../predict/model-door.ts';
import { findTrainingLab, type TrainingLab } from '../train/training-lab.ts';

/** The whole lab, as it is found by its gateway. */
export interface DemoLab {
  readonly gateway: string;
  readonly training: TrainingLab;
  readonly door: ModelDoor;
  /** `/v2` of the Open Inference Protocol is below it. */
  readonly openInference: string;
  /** Host and port at which Service B answers over gRPC. */
  readonly grpc: string;
  /** Asks the gateway; a refusal becomes a sentence. */
  ask(path: string, question?: Question): Promise<Fields>;
}

const GRPC_PORT = '9001';

/** Throws a sentence that says what to start where something of it is missing. */
export async function findDemoLab(url: string | undefined, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<DemoLab> {
  const gateway = url === undefined ? await runningGateway(env) : url.replace(/\/+$/, '');
  if (!/^https?:/i.test(gateway) || !URL.canParse(gateway))
    throw usageError(`--url is "${gateway}", which is no URL such as http://localhost:8000.`);
  const training = await findTrainingLab(gateway, env, signal);
  if (training.gateway === undefined)
    throw new CliError(`At ${gateway} is a training service; the demo goes through the gateway of a whole lab.`);
  const door = await openModelDoor(gateway, signal);
  if (door === undefined) throw new CliError(`The gateway at ${gateway} leads to no service that has models; mlab ps shows what runs.`);
  const server: Asked = { base: gateway, authorization: undefined, signal };
  return {
    gateway,
    training,
    door,
    openInference: await openInferenceOf(gateway, env),
    grpc: `${new URL(gateway).hostname}:${env['MLAB_PREDICTOR_GRPC_PORT'] || GRPC_PORT}`,
    ask: async (path, question) => {
      try {
        return await askJson(server, path, question);
      } catch (error) {
        throw error instanceof HttpError ? new CliError(endSentence(error.message), { cause: error }) : error;
      }
    },
  };
}

/** The gateway's, else Service B's own. */
async function openInferenceOf(gateway: string, env: NodeJS.ProcessEnv): Promise<string> {
  const speaks = await fetch(`${gateway}/v2/health/live`).then(
    ({ ok }) => ok,
    () => false,
  );
  if (speaks) return gateway;
  const urls = await serviceUrls(homeOf(env)).catch(() => new Map<string, string>());
  return urls.get('predictor') ?? gateway;
}

async function runningGateway(env: NodeJS.ProcessEnv): Promise<string> {
  const urls = await serviceUrls(homeOf(env)).catch((error: unknown) => {
    throw error instanceof CliError ? error : new CliError(messageOf(error), { cause: error });
  });
  const gateway = urls.get('gateway');
  if (gateway !== undefined) return gateway;
  throw new CliError('The gateway does not run, and the demo goes through it; mlab start gateway starts it, npm start the whole lab.', {
    exitCode: 3,
  });
}

const endSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
