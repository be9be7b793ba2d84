//! The process that keeps the list.

rusm_rs::export_service!(todo_list::list);
