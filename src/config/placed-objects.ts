/** Where a deployment keeps its Durable Objects. */
export type Placement = Pick<Env, "JURISDICTION" | "LOCATION">;

/**
 * The Durable Object of a name, in the jurisdiction of this deployment: the same name in another one is
 * another object. `LOCATION` is where it is created, if possible.
 */
export function placedObject<Kind extends Rpc.DurableObjectBranded | undefined>(
  objects: DurableObjectNamespace<Kind>,
  { JURISDICTION, LOCATION }: Placement,
  name: string,
): DurableObjectStub<Kind> {
  const inJurisdiction =
    JURISDICTION && JURISDICTION !== "none"
      ? objects.jurisdiction(JURISDICTION as DurableObjectJurisdiction)
      : objects;
  const hint = LOCATION ? { locationHint: LOCATION as DurableObjectLocationHint } : {};
  return inJurisdiction.getByName(name, hint);
}
