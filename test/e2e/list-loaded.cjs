// Given to a run with --require: writes at its end which files it has loaded, and which modules of Node.
const { writeFileSync } = require("node:fs");

process.on("exit", () => {
	const loaded = [...Object.keys(require.cache), ...process.moduleLoadList];
	writeFileSync(process.env.DSTA_TEST_LOADED, loaded.join("\n"));
});
