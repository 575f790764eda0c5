/** Two projects: `unit` decides (no database), `database` has a clone of a migrated template for each file. */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  // Jest would take apart what a spec's world shares with the next one's.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  runtime: '<rootDir>/test/support/shared-modules.mjs',
  // Our sources first: each import is looked for under these names, one after the other.
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
};

export default {
  testTimeout: 120_000,
  // Of the tests of a file that say `concurrent`; several files run beside one another already.
  maxConcurrency: 4,
  testSequencer: '<rootDir>/test/support/long-first.mjs',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/src/**/*.spec.ts',
        '<rootDir>/test/rules/**/*.spec.ts',
        '<rootDir>/test/drivers/**/*.spec.ts',
      ],
    },
    {
      ...shared,
      displayName: 'database',
      testMatch: [
        '<rootDir>/test/database/**/*.spec.ts',
        '<rootDir>/test/orchestration/**/*.spec.ts',
        '<rootDir>/test/dialects/**/*.spec.ts',
        '<rootDir>/test/fleet/**/*.spec.ts',
        '<rootDir>/test/e2e/**/*.spec.ts',
      ],
      globalSetup: '<rootDir>/test/support/global-setup.mjs',
      globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
    },
  ],
};
