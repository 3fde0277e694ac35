/** The services that a certificate names, by its URIs `spiffe://mlab/service/<name>`: https://spiffe.io/docs/latest/spiffe-specs/x509-svid/ */
export function serviceNamesOf(subjectAltName: string | undefined): readonly string[] {
  // Node puts a name that holds anything odd in quotes, so that it cannot look like several names.
  const plain = (subjectAltName ?? '').replace(/"(?:[^"\\]|\\.)*"/g, '');
  return plain.split(', ').flatMap((name) => /^URI:spiffe:\/\/mlab\/service\/([a-z][a-z0-9-]*)$/.exec(name)?.[1] ?? []);
}
