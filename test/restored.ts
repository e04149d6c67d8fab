import { afterAll, vi } from "vitest";

// Files share their modules and their process (`isolate: false`): what one replaced is as it was for
// the next.
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.useRealTimers();
  vi.resetConfig();
});
