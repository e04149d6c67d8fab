/** Loads a dynamic provider for the engine, whose state names this module. */
export declare function load(module: string, kind: string): object;
