import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  base: './', // the page also works behind a path prefix
  plugins: [react()],
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
