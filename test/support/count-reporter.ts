import type { Reporter, TestModule } from "vitest/node";

/** Closes the output with what passed only when it was tried again, and the counts in one plain line, so that a caller need not know the runner's own format. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    let passed = 0;
    let failed = 0;
    const retried: string[] = [];
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      passed += tests.filter((test) => test.result().state === "passed").length;
      retried.push(...tests.filter((test) => test.diagnostic()?.flaky).map((test) => test.fullName));
      const broken = tests.filter((test) => test.result().state === "failed").length;
      // A file that could not even be collected has no tests to count, and must not pass unnoticed.
      failed += broken === 0 && module.state() === "failed" ? 1 : broken;
    }
    process.exitCode = failed > 0 || passed === 0 ? 1 : process.exitCode;
    for (const name of retried) process.stdout.write(`\nPassed at the second try only: ${name}`);
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  }
}
