/** What a setting of a backend may be in a map: a scalar, or a list or a group of them. */
export type Setting =
	| string
	| number
	| boolean
	| undefined
	| readonly Setting[]
	| { readonly [key: string]: Setting };
