// The SDK's own HTTP client loads TLS and HTTP/2, and a second one beside ours. Where somebody needs it all the same, as the
// credentials of a container do, it is loaded then; a request for secrets goes through ours: src/backends/aws/http-handler.ts.
const load = () => import("../../../../node_modules/@smithy/node-http-handler/dist-es/index.js");

export const NodeHttpHandler = {
	create(given) {
		if (typeof given?.handle === "function") return given;
		let handler;
		const open = async () => (await load()).NodeHttpHandler.create(given);
		return {
			async handle(...request) {
				handler ??= open();
				return (await handler).handle(...request);
			},
			destroy: () => void handler?.then((opened) => opened.destroy()),
		};
	},
};

export const streamCollector = async (stream) => (await load()).streamCollector(stream);
