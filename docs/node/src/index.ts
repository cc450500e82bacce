/** Start and control mockreel from Node: `const mock = await Mockreel.start()`, then `await mock.advance(60)`. */

export { type ConnectOptions, type Control, ControlError, Mockreel } from "./mockreel.js";
export { type Address, type ReadyFile, type StartOptions } from "./server.js";
export type { components, operations, paths } from "./control-api.js";
