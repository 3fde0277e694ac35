import { join } from 'node:path';
import type { Command, CommandInput } from '../command.ts';
import { CliError, messageOf, usageError } from '../cli-error.ts';
import { serviceUrls } from '../dead-letters/ask-service.ts';
import { homeOf } from '../home.ts';
import { onInterrupt } from '../interrupts.ts';

type Flags = CommandInput['flags'];

const INTERRUPTED = 130;

export const command: Command = {
  summary: 'Brings what another MLflow holds: experiments, runs, metrics, files, logged and registered models.',
  usage: 'import mlflow <url | folder> [--experiment <name>]… [--dry-run] [--json]',
  details: `  mlab import mlflow http://localhost:5000        from an MLflow server; MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD,
                                                  or MLFLOW_TRACKING_TOKEN, say who asks
  mlab import mlflow ./mlruns                     from a folder that MLflow has filled

  --experiment NAME   This experiment alone; may be given several times.
  --dry-run           Says what would be brought, and brings nothing.
  --json              A JSON object per line, for programs: each thing, how far it is, and a summary at the end.
  --verify            Looks again at what an earlier import has finished.
  --url URL           The gateway of the lab, where it does not run under this MLAB_HOME.

Runs and logged models keep their ids, and versions their numbers, so that links to them stay right. What is here already with the same
content is skipped, and what is here with other content is left as it is and told. It may be interrupted, and goes on where it was when it
is run again.`,
  options: {
    experiment: { type: 'string', multiple: true },
    'dry-run': { type: 'boolean' },
    json: { type: 'boolean' },
    verify: { type: 'boolean' },
    url: { type: 'string' },
  },
  async run({ positionals: [from, given, ...rest], flags }) {
    if (from !== 'mlflow') throw usageError('mlab import takes what it is to read from: mlab import mlflow <url | folder>.');
    if (given === undefined) throw usageError('mlab import mlflow takes the URL of an MLflow server, or an mlruns folder.');
    if (rest.length > 0) throw usageError('mlab import mlflow takes one URL or folder, and no more.');
    const home = homeOf(process.env);
    const base = await gatewayUrl(flags);
    const { startImport } = await import('../import/start-import.ts');
    const stop = new AbortController();
    using _interrupts = onInterrupt(() => stop.abort(new Error('interrupted')));
    // Whoever reads may have seen enough (… | head).
    process.stdout.on('error', () => stop.abort(new Error('nobody reads')));
    const { interrupted, complete } = await startImport({
      given,
      base,
      env: process.env,
      signal: stop.signal,
      stateFolder: join(home.folder, 'imports'),
      experiments: ([flags['experiment'] ?? []] as unknown[]).flat().map(String),
      dryRun: flags['dry-run'] === true,
      json: flags['json'] === true,
      verify: flags['verify'] === true,
      output: process.stdout,
    });
    return interrupted ? INTERRUPTED : complete ? 0 : 1;
  },
};

async function gatewayUrl({ url }: Flags): Promise<string> {
  if (url !== undefined) {
    if (!/^https?:/i.test(String(url)) || !URL.canParse(String(url)))
      throw usageError(`--url is "${String(url)}", which is no URL such as http://localhost:8000.`);
    return String(url).replace(/(\/mlflow)?\/*$/, '');
  }
  const urls = await serviceUrls(homeOf(process.env)).catch((error: unknown) => {
    throw error instanceof CliError ? error : new CliError(messageOf(error), { cause: error });
  });
  const gateway = urls.get('gateway');
  if (gateway === undefined)
    throw new CliError('The gateway does not run here, and everything is brought through it; --url names another one.');
  return gateway;
}
