// What a bundle has in place of `node:http`. An ES module that imports it reads all of its exports, `WebSocket` among them, and so
// loads undici: 36 ms of CPU at each start, whether `fetch` is used or not (Node 24). These are read when they are used.
module.exports = process.getBuiltinModule("node:http");
