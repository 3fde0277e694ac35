/** The tag of a logged model under which MLflow notes what it is registered as. */
export const MODEL_VERSIONS_TAG = 'mlflow.modelVersions';

/**
 * The value of the tag with one more version. What stands there may come from a client, which writes the number as text: the same version is
 * not noted twice. Undefined: it stands there already. A value that nobody can read is not overwritten either.
 */
export function addModelVersion(value: string | undefined, name: string, version: number): string | undefined {
  const noted = readNoted(value ?? '[]');
  if (noted === undefined || noted.some((entry) => entry.name === name && String(entry.version) === String(version))) return undefined;
  return JSON.stringify([...noted, { name, version }]);
}

function readNoted(value: string): readonly { readonly name?: unknown; readonly version?: unknown }[] | undefined {
  try {
    const noted: unknown = JSON.parse(value);
    return Array.isArray(noted) && noted.every((entry) => typeof entry === 'object' && entry !== null) ? noted : undefined;
  } catch {
    return undefined;
  }
}
