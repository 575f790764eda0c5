/** Every entity there is: the one list the data source, the drift check and the tests share. */
export const ENTITIES = [] as const satisfies readonly (new () => object)[];
