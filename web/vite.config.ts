import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import * as generated from './src/generated.ts';

const MOST = 250_000; // bytes, gzipped, of everything that the recall page loads

/** Fails a build whose first page has become heavier than that. */
function budget(): Plugin {
  return {
    name: 'budget',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const loaded = new Set<string>();
      const load = (name: string) => {
        const file = bundle[name];
        if (file === undefined || loaded.has(name)) return;
        loaded.add(name);
        if (file.type === 'chunk') [...file.imports, ...(file.viteMetadata?.importedCss ?? [])].forEach(load);
      };
      for (const file of Object.values(bundle)) if (file.type === 'chunk' && file.isEntry) load(file.fileName);
      const sizes = [...loaded].map((name) => {
        const file = bundle[name]!;
        return gzipSync(file.type === 'chunk' ? file.code : file.source).length;
      });
      const total = sizes.reduce((sum, size) => sum + size, 0);
      if (total === 0 || total > MOST) this.error(`The recall page is ${total} bytes gzipped; ${MOST} are allowed.`);
      this.info(`The recall page is ${total} bytes gzipped, of ${MOST}.`);
    },
  };
}

/** Lists what the views ask, to the letter: a server that runs known documents only takes these (DMI_OPERATIONS). */
function documents(): Plugin {
  return {
    name: 'documents',
    generateBundle() {
      const texts = Object.values(generated).filter((each) => each instanceof generated.TypedDocumentString);
      if (texts.length === 0) this.error('There are no documents in src/generated.ts.');
      this.emitFile({ type: 'asset', fileName: 'documents.json', source: JSON.stringify(texts.map(String)) });
    },
  };
}

export default defineConfig({
  base: './', // the page also works behind a path prefix
  plugins: [react(), documents(), budget()],
  build: {
    outDir: '../app/web/static',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: 'licenses.md' }, // of everything bundled: the wheel hands it on
    chunkSizeWarningLimit: 5000, // Monaco, the editor, is one chunk of that size
    rolldownOptions: {
      // "use no memo" speaks to the React compiler, which has run before these packages were published.
      onwarn: (warning, warn) => warning.code !== 'MODULE_LEVEL_DIRECTIVE' && warn(warning),
    },
  },
  worker: { format: 'es' },
});
