/** What the kernel looks at in a program file, by the ELF specification: https://refspecs.linuxfoundation.org/elf/elf.pdf */
export interface Elf {
	/** The architecture that it is for. */
	readonly machine: number;
	/** The loader that it asks for; `undefined` where it needs none, or does not say within the bytes that were read. */
	readonly loader: string | undefined;
}

/** The machines of the architectures that Node runs on, by the names of `process.arch`. */
export const MACHINES: Readonly<Record<string, readonly number[]>> = {
	x64: [62, 3],
	arm64: [183, 40],
	arm: [40],
	ia32: [3],
	ppc64: [21],
	riscv64: [243],
	s390x: [22],
	loong64: [258],
};

const PT_INTERP = 3;

/** Reads the start of a file; `undefined` where it is no ELF file. */
export function parseElf(bytes: Buffer): Elf | undefined {
	if (bytes.length < 64 || bytes.toString("latin1", 0, 4) !== "\x7fELF") return undefined;
	const is64 = bytes[4] === 2;
	const isLittle = bytes[5] === 1;
	const read16 = (at: number) => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
	const read32 = (at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
	const readWord = (at: number) =>
		is64 ? Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at)) : read32(at);
	const table = readWord(is64 ? 32 : 28);
	const entrySize = read16(is64 ? 54 : 42);
	const count = read16(is64 ? 56 : 44);
	const machine = read16(18);
	for (let index = 0; index < count; index++) {
		const entry = table + index * entrySize;
		if (entry + 56 > bytes.length) break;
		if (read32(entry) !== PT_INTERP) continue;
		const offset = readWord(entry + (is64 ? 8 : 4));
		const end = bytes.indexOf(0, offset);
		return { machine, loader: end < 0 ? undefined : bytes.toString("utf8", offset, end) };
	}
	return { machine, loader: undefined };
}
