/* What of WebAssembly is used here: Node has it, and TypeScript describes it only together with a browser. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { readonly initial: number; readonly maximum: number; readonly shared: true });
    readonly buffer: SharedArrayBuffer;
  }
  interface Module {
    readonly '~module': never;
  }
  const Module: new (bytes: Uint8Array<ArrayBuffer>) => Module;
  class Instance {
    constructor(module: Module, imports: { readonly memory: { readonly shared: Memory } });
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
