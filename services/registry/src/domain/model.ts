import type { ApprovalState, Signature, Stage } from '@mlab/contracts/registry-schemas';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface AliasOf {
  readonly alias: string;
  readonly version: number;
}

export interface Model {
  /** Stays when the name changes. */
  readonly id: number;
  readonly name: string;
  readonly description: string | undefined;
  /** In milliseconds since 1970. */
  readonly createdMs: number;
  readonly updatedMs: number;
  /** The greatest number that was ever given to a version. */
  readonly lastVersion: number;
  /** Ordered by key. */
  readonly tags: readonly Tag[];
  readonly aliases: readonly AliasOf[];
}

export interface ModelVersion {
  readonly modelId: number;
  /** Of the model, as it is called now. */
  readonly name: string;
  readonly version: number;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly description: string | undefined;
  readonly stage: Stage;
  readonly source: string;
  readonly location: string;
  /** Empty where there is none, as in MLflow. */
  readonly runId: string;
  readonly runLink: string;
  readonly loggedModelId: string | undefined;
  readonly approval: ApprovalState;
  readonly registeredBy: string;
  readonly author: string | undefined;
  readonly signature: Signature | undefined;
  /** Whether its files were listed. */
  readonly listed: boolean;
  readonly tags: readonly Tag[];
  readonly aliases: readonly string[];
}

/** Tags as they are kept: of two with one key the last. */
export function lastOfEach(tags: readonly Tag[]): readonly Tag[] {
  return [...new Map(tags.map((tag) => [tag.key, tag])).values()];
}
