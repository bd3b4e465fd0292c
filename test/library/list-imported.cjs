// Given to a program with --require, which calls report() as its last line: prints at its end which files it has imported, which
// modules of Node were loaded by then, and what was open.
const { registerHooks } = require("node:module");

const files = [];
registerHooks({
	load(url, context, next) {
		files.push(url);
		return next(url, context);
	},
});

globalThis.report = () => {
	const imported = { files, modules: [...process.moduleLoadList], open: process.getActiveResourcesInfo() };
	process.on("exit", () => process.stdout.write(JSON.stringify(imported)));
};
