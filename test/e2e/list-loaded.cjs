// Given to a run with --require: writes at its end which files it has loaded, which modules of Node, and whether it has made streams
// for its standard input and output. (For standard error Node itself makes one when a connection ends.)
const { writeFileSync } = require("node:fs");

const vm = require("node:vm");

// Chunks come past Node's own require().
const chunks = [];
vm.Script = class extends vm.Script {
	constructor(code, options) {
		super(code, options);
		chunks.push(options.filename);
	}
};

const made = new Set();
for (const name of ["stdin", "stdout"]) {
	const { get } = Object.getOwnPropertyDescriptor(process, name);
	Object.defineProperty(process, name, {
		configurable: true,
		get() {
			made.add(`stream ${name}`);
			return get.call(process);
		},
	});
}

process.on("exit", () => {
	const loaded = [...Object.keys(require.cache), ...chunks, ...process.moduleLoadList, ...made];
	writeFileSync(process.env.DSTA_TEST_LOADED, loaded.join("\n"));
});
