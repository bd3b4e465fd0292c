/** A piece of the map's YAML, with the offset in the text where it begins. */
export type YamlNode = ScalarNode | ListNode | MappingNode;

export interface ScalarNode {
	readonly kind: "scalar";
	/** As written where it is plain (`0x10`, `1.10`, `NO`), the content where it is quoted or a block. */
	readonly text: string;
	readonly isPlain: boolean;
	/** Its tag, in the YAML of others. */
	readonly tag?: string;
	readonly offset: number;
	/** Of what is written, quotes included. */
	readonly length: number;
}

export interface ListNode {
	readonly kind: "list";
	readonly items: readonly YamlNode[];
	readonly offset: number;
}

export interface MappingNode {
	readonly kind: "mapping";
	/** In the order of the file; keys may repeat. */
	readonly pairs: readonly PairNode[];
	readonly offset: number;
}

export interface PairNode {
	readonly key: ScalarNode;
	readonly value: YamlNode;
}

/** Whether a node is what YAML calls null: nothing, `~` or `null`, without quotes. */
export function isNull(node: YamlNode): boolean {
	return node.kind === "scalar" && node.isPlain && /^(?:|~|null|Null|NULL)$/.test(node.text);
}

/** Whether nothing is written where a node is expected. */
export function isNothing(node: YamlNode): boolean {
	return node.kind === "scalar" && node.isPlain && node.text === "";
}

/** Where a character of a scalar's text stands in the map; the scalar's own place if escapes or lines moved it. */
export function placeIn({ isPlain, length, offset, text }: ScalarNode, index: number): number {
	const quote = isPlain ? 0 : 1;
	return length === text.length + 2 * quote ? offset + quote + index : offset;
}

/** The first pair of a key. */
export function findPair(mapping: MappingNode, key: string): PairNode | undefined {
	return mapping.pairs.find((pair) => pair.key.text === key);
}
