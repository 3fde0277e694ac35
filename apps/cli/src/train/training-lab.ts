import { CliError, messageOf, usageError } from '../cli-error.ts';
import { serviceUrls } from '../dead-letters/ask-service.ts';
import { homeOf } from '../home.ts';
import { ask, askJson, HttpError, type Asked, type Fields, type Question } from '../import/http/ask.ts';

/** The training service, wherever it listens. What it refuses is told in its own words. */
export interface TrainingLab {
  /** Where people find it. */
  readonly url: string;
  /** Where people find runs; undefined where only the service itself is known. */
  readonly gateway: string | undefined;
  json(path: string, question?: Question): Promise<Fields>;
  raw(path: string, question?: Question): Promise<Response>;
}

const PROBE_MS = 10_000;

/** Through the gateway of the lab that runs here, or at a URL: a gateway's, or the service's own. */
export async function findTrainingLab(url: string | undefined, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<TrainingLab> {
  if (url !== undefined) {
    if (!/^https?:/i.test(url) || !URL.canParse(url)) throw usageError(`--url is "${url}", which is no URL such as http://localhost:8000.`);
    const base = url.replace(/\/+$/, '');
    if (await answers(`${base}/training/trainers`)) return openLab(`${base}/training`, base, signal);
    if (await answers(`${base}/trainers`)) return openLab(base, undefined, signal);
    throw new CliError(`At ${base} there is neither a gateway that leads to a training service nor such a service.`);
  }
  const urls = await serviceUrls(homeOf(env)).catch((error: unknown) => {
    throw error instanceof CliError ? error : new CliError(messageOf(error), { cause: error });
  });
  const [gateway, own] = [urls.get('gateway'), urls.get('training')];
  if (gateway !== undefined && (await answers(`${gateway}/training/trainers`))) return openLab(`${gateway}/training`, gateway, signal);
  if (own !== undefined) return openLab(own, undefined, signal);
  throw new CliError('The training service does not run here; npm start starts the whole lab, and --url names one elsewhere.', {
    exitCode: 3,
  });
}

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(PROBE_MS) }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    },
    () => false,
  );

function openLab(url: string, gateway: string | undefined, signal: AbortSignal): TrainingLab {
  const server: Asked = { base: url, authorization: undefined, signal };
  const told = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof HttpError) throw new CliError(error.message, { cause: error });
      throw error;
    }
  };
  return {
    url,
    gateway,
    json: (path, question) => told(askJson(server, path, question)),
    raw: (path, question) => told(ask(server, path, question)),
  };
}
