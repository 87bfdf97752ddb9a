import hooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'
import { importZones } from './scripts/eslint-zones.js'

export default tseslint.config(
  { ignores: ['dist', 'src/routeTree.gen.ts', 'src/lib/api/api.gen.ts', 'e2e', 'scripts', 'public', '*.js'] },
  {
    files: ['src/**/*.{ts,tsx}'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    plugins: {
      '@typescript-eslint': tseslint.plugin,
      'react-hooks': hooks,
      stackalpha: { rules: { 'import-zones': importZones } },
    },
    rules: {
      'stackalpha/import-zones': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
    },
  },
)
