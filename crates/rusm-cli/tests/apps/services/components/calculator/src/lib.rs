rusm_rs::export_service!(calculator_service::calculator);
