import { Guarded } from "./AdminFrame";
import { GroupPage } from "./groups/GroupPage";
import { GroupsPage } from "./groups/GroupsPage";
import { AllJobsPage } from "./jobs/AllJobsPage";
import { PeoplePage } from "./people/PeoplePage";
import { PersonPage } from "./people/PersonPage";

export { AdminFrame, AdminStart } from "./AdminFrame";

export const PeopleRoom = () => <Guarded room="people"><PeoplePage /></Guarded>;
export const PersonRoom = () => <Guarded room="people"><PersonPage /></Guarded>;
export const GroupsRoom = () => <Guarded room="groups"><GroupsPage /></Guarded>;
export const GroupRoom = () => <Guarded room="groups"><GroupPage /></Guarded>;
export const JobsRoom = () => <Guarded room="jobs"><AllJobsPage /></Guarded>;
