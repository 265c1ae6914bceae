// The part of the published schema that the page asks for, and how it is resolved; the same for every peer.
import { createSchema } from "graphql-yoga";

const typeDefs = /* GraphQL */ `
  type Query {
    ProcedureList(_sort: String, _count: Int): [Procedure]
  }
  interface Resource { id: ID }
  type ResourceReference { reference: String resource: Resource }
  type OrganizationReference { reference: String resource: Organization }
  type DeviceReference { reference: String resource: Device }
  type Identifier { use: String system: String value: String type: CodeableConcept }
  type Coding { system: String code: String display: String }
  type CodeableConcept { coding: [Coding] text: String }
  type HumanName { use: String family: String given: [String] prefix: [String] }
  type Procedure implements Resource {
    id: ID
    status: String
    performedDateTime: String
    identifier: [Identifier]
    bodySite: [CodeableConcept]
    subject: ResourceReference
    performer: [ProcedurePerformer]
    focalDevice: [ProcedureFocalDevice]
  }
  type ProcedurePerformer { actor: ResourceReference onBehalfOf: OrganizationReference }
  type ProcedureFocalDevice { action: CodeableConcept manipulated: DeviceReference }
  type Patient implements Resource {
    id: ID
    identifier: [Identifier]
    name: [HumanName]
    birthDate: String
    gender: String
  }
  type Practitioner implements Resource { id: ID identifier: [Identifier] name: [HumanName] }
  type Organization implements Resource { id: ID identifier: [Identifier] name: String }
  type Device implements Resource {
    id: ID
    lotNumber: String
    serialNumber: String
    manufactureDate: String
    expirationDate: String
    manufacturer: String
    modelNumber: String
  }
`;

function resource(source, _args, { resources }) {
  const [type, id] = source.reference.split("/");
  return resources.one(type, id);
}

const resolvers = {
  Query: { ProcedureList: (_source, { _count }, { resources }) => resources.latestProcedures(_count ?? 20) },
  Resource: { __resolveType: (source) => source.resourceType },
  ResourceReference: { resource },
  OrganizationReference: { resource },
  DeviceReference: { resource },
};

export const schema = createSchema({ typeDefs, resolvers });
