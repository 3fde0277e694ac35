import type { CallMeta } from '@mlab/kernel';
import { checkLength, checkModelName, invalidParameter } from '@mlab/mlflow';
import { createModel } from '#/create-model.ts';
import { lastOfEach, type ModelVersion, type Tag } from '#/domain/model.ts';
import { checkDescription, checkVersionTag, noModel } from '#/domain/names.ts';
import { isPrompt, PROMPT_SOURCES } from '#/domain/prompt.ts';
import { versionCreated } from '#/domain/webhook-fact.ts';
import type { Who } from '#/domain/who.ts';
import type { RegistryOptions } from '#/models.ts';
import { mustFindVersion } from '#/must-find.ts';
import { resolveSource, type ResolvedSource, type SourceOptions, type SourceQuestion } from '#/resolve-source.ts';
import { insertFiles } from '#/store/files.ts';
import { lockModel, takeNumber } from '#/store/models.ts';
import { findVersionOfSource, insertVersion } from '#/store/versions.ts';

export interface Registration extends SourceQuestion {
  readonly name: string;
  readonly description: string;
  readonly runLink: string;
  readonly tags: readonly Tag[];
  /** Whether the model is created when it is not there. */
  readonly createsModel: boolean;
  /** Whether a version of the model with the same source and run is answered instead of a second one. */
  readonly once: boolean;
}

export interface RegisterOptions extends RegistryOptions, SourceOptions {}

export type Register = ReturnType<typeof openRegister>;

/** Registers versions. Whatever must be asked of others is asked before the transaction begins. */
export function openRegister(options: RegisterOptions) {
  const { database, journal, nowMs } = options;

  return async (call: CallMeta, who: Who, asked: Registration): Promise<ModelVersion> => {
    const { name, description, runLink, createsModel } = asked;
    checkModelName(name);
    checkDescription(description);
    checkLength('run_link', runLink, 2048);
    checkLength('run_id', asked.runId ?? '', 256);
    for (const tag of asked.tags) checkVersionTag(tag);
    const tags = lastOfEach(asked.tags);
    const forPrompt = isPrompt(tags);
    const resolved = forPrompt ? promptSource(asked) : await resolveSource(options, database.for(call), call, asked);
    const signature = asked.signature ?? resolved.signature;
    const author = resolved.author ?? who.name;

    return database.transaction(call, async (tx) => {
      if (createsModel) await createModel(tx, options, who, { name, description: '', tags: [] });
      const model = await lockModel(tx, name);
      if (model === undefined) throw noModel(name);
      const known = asked.once ? await findVersionOfSource(tx, model.id, resolved) : undefined;
      if (known !== undefined) return known;
      const at = nowMs();
      const version = await takeNumber(tx, model.id, at);
      const registeredBy = who.caller;
      const made = { ...resolved, description, runLink, tags, signature, author, registeredBy, modelId: model.id, version, nowMs: at };
      await insertVersion(tx, made);
      await insertFiles(tx, model.id, version, resolved.files);
      const { source, location, runId, loggedModelId } = resolved;
      const ids = { ...(runId === '' ? {} : { runId }), ...(loggedModelId === undefined ? {} : { loggedModelId }) };
      await journal.record(tx, who, {
        event: 'versionRegistered',
        data: { model: name, version, source, location, ...ids, isPrompt: forPrompt },
        model,
        version,
        after: { source, location, ...ids, author, files: resolved.files.length },
        fact: versionCreated({ name, version, source, runId, tags, description }, forPrompt),
      });
      return mustFindVersion(tx, { name, version });
    });
  };
}

/** A prompt is all in its tags. */
function promptSource({ source, runId = '' }: SourceQuestion): ResolvedSource {
  if (!PROMPT_SOURCES.includes(source))
    throw invalidParameter(`Invalid prompt source: '${source}'. Prompt sources must use an MLflow placeholder.`);
  const nothing = { loggedModelId: undefined, author: undefined, signature: undefined, listed: false, files: [] };
  return { source, location: source, runId, ...nothing };
}
