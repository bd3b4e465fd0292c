/* To be run by Bun: bundles the program of the standalone executable and lists its chunks. */
import { BUNDLE } from "../../bundle.build.ts";

/** A file of the bundle. */
export interface Chunk {
	/** The source file that it is the chunk of; `undefined`: it is shared by others. */
	readonly source: string | undefined;
	/** The modules of Node that it imports, and chunks by their names. */
	readonly imports: readonly string[];
}

declare const Bun: {
	build(options: object): Promise<{
		readonly outputs: readonly { readonly path: string; text(): Promise<string> }[];
		readonly metafile: {
			readonly outputs: Readonly<Record<string, { readonly entryPoint?: string } | undefined>>;
		};
	}>;
};

const { metafile, outputs } = await Bun.build({ ...BUNDLE, metafile: true });
const chunks = outputs.map(async (output): Promise<[string, Chunk]> => {
	const { path } = output;
	const imports = [...(await output.text()).matchAll(/(?:\bfrom|\bimport)"([\w@:./-]+)"/g)].map(
		([, name]) => name as string,
	);
	return [path, { source: metafile.outputs[path]?.entryPoint, imports }];
});
process.stdout.write(JSON.stringify(await Promise.all(chunks)));
