import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/** All paths are relative, so that the pages also work below a prefix. */
export const SWAGGER_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title} - Swagger UI</title>
    <link rel="icon" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

export const REDOC_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title} - ReDoc</title>
    <link rel="icon" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/page.css">
  </head>
  <body>
    <redoc spec-url="openapi.json"></redoc>
    <script src="docs/redoc.standalone.js"></script>
  </body>
</html>
`;

const START = "SwaggerUIBundle({ url: 'openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n";
const PAGE_STYLE = 'body { margin: 0; padding: 0; }\n';

interface DocumentationFile {
  readonly type: string;
  readonly content: Buffer;
}

const JAVASCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

/** What the two pages load, by path. Each is a route of its own, so that no path can lead to another file. */
export const DOCUMENTATION_FILES: ReadonlyMap<string, () => Promise<DocumentationFile>> = new Map([
  ['/docs/swagger-ui.css', () => fromPackage('swagger-ui-dist/swagger-ui.css', STYLE)],
  ['/docs/swagger-ui-bundle.js', () => fromPackage('swagger-ui-dist/swagger-ui-bundle.js', JAVASCRIPT)],
  ['/docs/favicon-32x32.png', () => fromPackage('swagger-ui-dist/favicon-32x32.png', 'image/png')],
  ['/docs/oauth2-redirect', () => fromPackage('swagger-ui-dist/oauth2-redirect.html', 'text/html; charset=utf-8')],
  ['/docs/redoc.standalone.js', () => fromPackage('redoc/bundles/redoc.standalone.js', JAVASCRIPT)],
  ['/docs/start.js', async () => ({ type: JAVASCRIPT, content: Buffer.from(START) })],
  ['/docs/page.css', async () => ({ type: STYLE, content: Buffer.from(PAGE_STYLE) })],
]);

async function fromPackage(path: string, type: string): Promise<DocumentationFile> {
  return { type, content: await readFile(resolve(path)) };
}
