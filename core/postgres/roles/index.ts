/** The roles that a database needs on another server: listed without passwords, written as SQL. @module */
export { listRoles, type Membership, type Role, type RoleList } from "./list-roles.ts";
export { setClause } from "./setting.ts";
export { isWiderBefore16, type RoleOptions, type RoleStatement, roleStatements, rolesSql } from "./statements.ts";
