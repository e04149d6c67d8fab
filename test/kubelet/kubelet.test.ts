import { vi } from "vitest";
import { testNode } from "./claims";
import { playedNode } from "./test-node";

// A busy machine takes its time to start a process.
vi.setConfig({ testTimeout: 60_000 });

testNode(playedNode);
