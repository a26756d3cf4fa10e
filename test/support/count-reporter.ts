import type { Reporter, TestModule } from "vitest/node";

/** Closes the output with the counts in one plain line, so that a caller need not know the runner's own format. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    let passed = 0;
    let failed = 0;
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      passed += tests.filter((test) => test.result().state === "passed").length;
      const broken = tests.filter((test) => test.result().state === "failed").length;
      // A file that could not even be collected has no tests to count, and must not pass unnoticed.
      failed += broken === 0 && module.state() === "failed" ? 1 : broken;
    }
    process.exitCode = failed > 0 || passed === 0 ? 1 : process.exitCode;
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  }
}
