// node-vault's own HTTP client is never reached: src/backends/vault/client.ts puts ours in its place.
module.exports = {};
