import { MeaningProbeDocument, ModelsByNameDocument } from './generated';
import { type Criteria, type Kind, type Model, modelsOf, readField, type Reading } from './meanings';
import { present } from './format';
import { type Asking, ask, Failure } from './server';

/** So many devices of a name are looked at for their models. */
export const LOOKED_AT = 500;

/** A meaning of the field under which the server has something. */
export interface Hit {
  kind: Kind;
  criteria: Criteria | null;
  /** The models that a name stands for, and what the recall by them cannot see. */
  models?: { models: Model[]; without: number; more: boolean };
}

export interface Found {
  scanned: Reading['scanned'];
  tried: Kind[];
  hits: Hit[];
}

/**
 * Looks under every meaning of the text at once. A meaning that the server refuses – a number that is too long to be a
 * lot – has no hits; where all are refused, so is the search.
 */
export async function findMeanings(text: string, asking: Asking): Promise<Found> {
  const { scanned, meanings } = readField(text);
  const looked = await Promise.allSettled(
    meanings.map(({ kind, criteria }) => (criteria === null ? byName(text, asking) : probe(kind, criteria, asking))),
  );
  const failures = looked.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  const serious = failures.find((each) => !(each instanceof Failure && each.kind === 'refused'));
  if (serious !== undefined || (failures.length > 0 && failures.length === looked.length)) throw serious ?? failures[0];
  const hits = looked.flatMap((each) => (each.status === 'fulfilled' && each.value ? [each.value] : []));
  return { scanned, tried: meanings.map(({ kind }) => kind), hits };
}

async function probe(kind: Kind, criteria: Criteria, asking: Asking): Promise<Hit | null> {
  const { data } = await ask(MeaningProbeDocument, criteria, asking);
  const some = present(data.ImplantRecall?.edges).length + present(data.ImplantStock?.edges).length > 0;
  return some ? { kind, criteria } : null;
}

async function byName(text: string, asking: Asking): Promise<Hit | null> {
  // A comma is OR in FHIR's search; here it is part of the name.
  const name = text.trim().replace(/([\\,$|])/g, '\\$1');
  const { data } = await ask(ModelsByNameDocument, { name: [name], first: LOOKED_AT }, asking);
  const devices = present(data.DeviceConnection?.edges).flatMap(({ node }) => (node ? [node] : []));
  if (devices.length === 0) return null;
  const found = modelsOf(devices);
  const udiDi = found.models.map((model) => model.udiDi);
  const more = data.DeviceConnection?.pageInfo?.hasNextPage === true;
  return { kind: 'name', criteria: udiDi.length > 0 ? { udiDi } : null, models: { ...found, more } };
}
