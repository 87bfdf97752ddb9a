import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import tailwindcss from '@tailwindcss/vite'
import { tanstackRouter } from '@tanstack/router-plugin/vite'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { FIRST_READS } from './src/lib/api/begun.ts'

const api = process.env.STACKALPHA_API ?? 'http://127.0.0.1:8000'

const PACKABLE = /\.(?:js|css|html|svg|json|webmanifest|txt)$/
const LEAST_BYTES = 1024

/**
 * What many pages need, in four files: as a file for each part it would be two dozen requests before the first figure,
 * and a browser asks for six at a time. `react` and `base` are what every visitor needs, signed in or not, beside the
 * entry; `reads` what every page with figures needs, `home` what the shell and the overview need.
 */
const SHARED = {
  react: [/node_modules\/(?:react|react-dom|scheduler|use-sync-external-store)\//],
  base: [
    /node_modules\/@tanstack\/(?:history|router-core|store|react-store)\//,
    /react-router\/.*\/(?:link|useRouter|routerContext|matchContext|useMatch|useNavigate|route|fileRoute|utils)\.js$/,
    /react-router\/.*\/(?:lazyRouteComponent|useParams|useSearch|useLoaderData|useLoaderDeps|useRouteContext)\.js$/,
    /src\/(?:ui\/classes|lib\/format\/(?:decimal|limits|numbers|time|words))\.ts$/,
    /src\/lib\/(?:preferences\/(?:marks|now|zone)|stream\/(?:link|prices))\.ts$/,
  ],
  reads: [
    /src\/lib\/api\/(?:call|queries|step-up)\.ts$/,
    /query-core\/.*\/(?:queryObserver|infiniteQueryObserver|queriesObserver|mutationObserver)\.js$/,
    /react-query\/.*\/(?:useBaseQuery|useQuery|useQueries|useInfiniteQuery|useMutation|\w+Options)\.js$/,
    /react-query\/.*\/(?:IsRestoringProvider|QueryErrorResetBoundary|errorBoundaryUtils|suspense)\.js$/,
    /src\/ui\/(?:Badge|EmptyState|Panel|Pnl|Skeleton|Surface|Toast|icons)\.tsx$/,
  ],
  home: [
    /src\/ui\/(?:Age|Later|UsedBar)\.tsx$/,
    /src\/lib\/(?:api\/analytics|commands)\.ts$/,
    /src\/features\/circuit-breaker\/(?:trading-state\.ts|trip-words\.ts|TradingStatePill\.tsx|PauseResume\.tsx)$/,
    /src\/features\/positions\/(?:WhyNothing\.tsx|position-words\.ts|health-words\.ts|steady-order\.ts)$/,
    /src\/(?:charts\/line-path|features\/alerts\/alert-words)\.ts$/,
  ],
}

/** Tests that look at a page: a browser's objects are made for each of their files, which takes longer than most tests. */
const WITH_PAGE = [
  'src/**/*.test.tsx',
  'src/app/hotkeys.test.ts',
  'src/features/positions/steady-order.test.ts',
  'src/lib/api/call.test.ts',
  'src/lib/stream/apply.test.ts',
  'src/lib/stream/connection.test.ts',
]

/** Lays a packed copy beside every text of the build, which the server sends to browsers that take one. */
function packedCopies(): Plugin {
  let folder = ''
  return {
    name: 'packed-copies',
    apply: 'build',
    configResolved(config) {
      folder = path.resolve(config.root, config.build.outDir)
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const file = path.join(folder, name)
        if (!PACKABLE.test(name) || statSync(file).size < LEAST_BYTES) continue
        const text = readFileSync(file)
        writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }))
        const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }
        writeFileSync(`${file}.br`, brotliCompressSync(text, best))
      }
    },
  }
}

/**
 * Names in the page the files that each of its addresses needs beyond the entry's, `*` for what every page behind the
 * sign-in needs, and what those read first, so that public/start.js can ask for both while the entry is on its way.
 */
function partsOfPages(): Plugin {
  return {
    name: 'parts-of-pages',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const chunks = new Map(
          Object.values(bundle).flatMap((one) => (one.type === 'chunk' ? [[one.fileName, one]] : [])),
        )
        const withImports = (name: string, seen = new Set<string>()): Set<string> => {
          if (!seen.has(name)) for (const next of chunks.get(name)?.imports ?? []) withImports(next, seen.add(name))
          return seen.add(name)
        }
        const entries = [...chunks.values()].filter((one) => one.isEntry).map((one) => one.fileName)
        const known = new Set(entries.flatMap((name) => [...withImports(name)]))
        const lines = [...chunks.values()].flatMap(({ fileName, facadeModuleId }) => {
          const route = /\/_app(?:\.([\w.-]+))?\.tsx\?tsr-split=component/.exec(facadeModuleId ?? '')
          if (route === null) return []
          const address = route[1] === undefined ? '*' : `/${route[1].replace('index', '').replaceAll('.', '/')}`
          const files = [...withImports(fileName)].filter((name) => !known.has(name))
          return [[address, ...files.map((name) => `/${name}`)].join(' ')]
        })
        const named = { parts: lines.sort().join(';'), reads: FIRST_READS.join(' ') }
        const metas = Object.entries(named).map(
          ([name, content]) => `<meta name="${name}" content="${content}" />\n    `,
        )
        return html.replace('<script src="/start.js">', (script) => metas.join('') + script)
      },
    },
  }
}

export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  plugins: [
    tanstackRouter({ target: 'react', autoCodeSplitting: true, quoteStyle: 'single', semicolons: false }),
    react(),
    tailwindcss(),
    partsOfPages(),
    packedCopies(),
  ],
  server: { proxy: { '/api': { target: api, ws: true } } },
  // Nothing is inlined: the Content-Security-Policy allows files of our own origin and nothing else.
  build: {
    target: 'baseline-widely-available',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    manifest: true,
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: Object.entries(SHARED).map(([name, parts]) => ({
            name,
            test: (id: string) => parts.some((part) => part.test(id)),
          })),
        },
      },
    },
  },
  test: {
    css: false,
    testTimeout: 15_000,
    isolate: false, // a new process for each file takes longer than its tests; src/testing/setup.ts keeps pages apart
    projects: [
      {
        extends: true,
        test: {
          name: 'page',
          include: WITH_PAGE,
          environment: 'jsdom',
          environmentOptions: { jsdom: { url: 'http://127.0.0.1:3000/' } },
          setupFiles: ['./src/testing/setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'plain',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.mjs'],
          exclude: WITH_PAGE,
          environment: 'node',
        },
      },
    ],
  },
})
