import { testNode } from "../kubelet/claims";
import { realNode } from "./real-node";

testNode(() => realNode());
