// Given to a run with --require: writes at its end which files it has loaded.
const { writeFileSync } = require("node:fs");

process.on("exit", () => writeFileSync(process.env.DSTA_TEST_LOADED, Object.keys(require.cache).join("\n")));
